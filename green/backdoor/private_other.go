//go:build !unix

package backdoor

import (
	"errors"
	"fmt"
)

func private(string) error {
	return fmt.Errorf("backdoor: this system cannot keep others from a Unix socket: %w", errors.ErrUnsupported)
}
