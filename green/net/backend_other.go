//go:build !unix || aix || solaris || illumos

package net

import "errors"

var native backend

var errSetting = errors.New("this setting is not supported on this system")
