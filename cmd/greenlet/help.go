package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// helpCommand is cobra's, but takes a command that does not exist for the mistake that it is.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:                   "help [COMMAND]",
		Short:                 "Explain greenlet or one of its commands",
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("help: unknown command %q", args[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
