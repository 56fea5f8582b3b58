package trace_test

import (
	"fmt"
	"os"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/trace"
)

func Example() {
	greenlet.Run(func(main *greenlet.Greenlet[string]) error {
		echo := main.New(func(v string) (string, error) {
			v, err := main.Switch(v + "!")
			return v, err
		})
		echo.SetName("echo")

		rec := trace.Attach(main)
		echo.Switch("hello")
		echo.Throw(fmt.Errorf("enough"))
		rec.Stop()

		for _, t := range rec.Tracks() {
			fmt.Printf("%d %q, child of %d\n", t.ID, t.Name, t.Parent)
		}
		fmt.Println(rec.Len(), "switches and throws")

		file, err := os.CreateTemp("", "*.html")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name())
		defer file.Close()
		return rec.WriteHTML(file)
	})
	// Output:
	// 1 "", child of 0
	// 2 "echo", child of 1
	// 4 switches and throws
}
