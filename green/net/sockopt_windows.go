package net

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// reusePort fails: SO_REUSEADDR lets a second listener take the port away here.
func reusePort(int) error { return errSetting }

func noDelay(fd uintptr, on bool) error {
	return os.NewSyscallError("setsockopt",
		syscall.SetsockoptInt(syscall.Handle(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, flag(on)))
}

func linger(fd uintptr, sec int) error {
	l := syscall.Linger{Onoff: int32(flag(sec >= 0)), Linger: int32(max(0, sec))}
	return os.NewSyscallError("setsockopt",
		syscall.SetsockoptLinger(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &l))
}

func keepAlive(fd uintptr, d time.Duration) error {
	if d <= 0 {
		return os.NewSyscallError("setsockopt",
			syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, flag(d == 0)))
	}
	milliseconds := uint32(max(1, d.Round(time.Second)/time.Second)) * 1000
	k := syscall.TCPKeepalive{OnOff: 1, Time: milliseconds, Interval: milliseconds}
	var none uint32
	return os.NewSyscallError("wsaioctl", syscall.WSAIoctl(syscall.Handle(fd), syscall.SIO_KEEPALIVE_VALS,
		(*byte)(unsafe.Pointer(&k)), uint32(unsafe.Sizeof(k)), nil, 0, &none, nil, 0))
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}
