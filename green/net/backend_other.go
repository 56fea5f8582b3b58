//go:build !unix || aix || solaris || illumos

package net

import (
	"errors"
	"time"
)

var native backend

var errSetting = errors.New("this setting is not supported on this system")

func reusePort(int) error                    { return errSetting }
func noDelay(uintptr, bool) error            { return errSetting }
func linger(uintptr, int) error              { return errSetting }
func keepAlive(uintptr, time.Duration) error { return errSetting }
