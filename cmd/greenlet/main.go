// Command greenlet runs Starlark scripts that use greenlets, and servers that are made of them.
//
//	greenlet run FILE.star [ARG...]   execute a script; - reads it from standard input
//	  --trace FILE                    and write what its greenlets did to FILE, an .html page or .json for Perfetto
//	  --dump                          and print a table of its greenlets
//	greenlet serve KIND               run a server: echo, http or chat; greenlet help serve has its flags
//	greenlet version                  print the version
//	greenlet help [COMMAND]           explain a command
//
// What scripts find predeclared is described by greenlet help run, and the values by the documentation of package
// github.com/go-greenlet/greenlet/starlark.
//
// The exit status is 0 if all went well, 1 if a script or a server failed, 2 for wrong usage, 130 after an interrupt
// of a script and 143 after a SIGTERM. When the reader of the output goes away, the command ends as others do, by SIGPIPE, which a
// shell shows as 141.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

const rootLong = `Greenlet runs Starlark scripts that use greenlets: coroutines that switch to each other directly, from any
depth of calls, and in no other order than the script says.

Begin with: greenlet run examples/scripts/tutorial.star`

func main() {
	os.Exit(execute(os.Args[1:]))
}

// Exit statuses.
const (
	statusFailed      = 1
	statusUsage       = 2
	statusInterrupted = 130
	statusPipe        = 141 // where the system has no SIGPIPE, or it is ignored
	statusTerminated  = 143
)

// A status is the error of a command that has already said what there is to say.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// execute runs the command line args and returns the exit status.
func execute(args []string) int {
	root := &cobra.Command{
		Use:               "greenlet",
		Short:             "Run Starlark scripts that use greenlets",
		Long:              rootLong,
		Args:              cobra.NoArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.AddCommand(runCommand(), serveCommand(), versionCommand())
	root.SetHelpCommand(helpCommand())
	tune(root)
	root.SetArgs(args)
	root.SetOut(os.Stdout)
	root.SetErr(os.Stderr)
	c, err := root.ExecuteC()
	var s status
	switch {
	case err == nil:
		return 0
	case errors.As(err, &s):
		return int(s)
	}
	complain(err)
	fmt.Fprintf(os.Stderr, "Run '%s --help' for usage.\n", c.CommandPath())
	return statusUsage
}

// tune makes the help of c and of its commands say no more than it should.
func tune(c *cobra.Command) {
	c.DisableFlagsInUseLine = true
	c.Flags().BoolP("help", "h", false, "explain this command")
	for _, sub := range c.Commands() {
		tune(sub)
	}
}

// complain says on standard error what is wrong.
func complain(err error) { fmt.Fprintf(os.Stderr, "greenlet: %v\n", err) }
