//go:build (!unix && !windows) || aix || solaris || illumos

package net

import "time"

func reusePort(int) error                    { return errSetting }
func noDelay(uintptr, bool) error            { return errSetting }
func linger(uintptr, int) error              { return errSetting }
func keepAlive(uintptr, time.Duration) error { return errSetting }
