package net_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func init() { jumps, jump = startWithClock, setOffset }

// clockGettime is what a child has in the place of the vDSO's clock_gettime: the system call, and for the wall clock an
// offset, which follows the code.
var clockGettime = []byte{
	0xb8, 0xe4, 0, 0, 0, // mov eax, SYS_clock_gettime
	0x0f, 0x05, // syscall
	0x85, 0xff, // test edi, edi: CLOCK_REALTIME is 0
	0x75, 0x0a, // jne to the end
	0x48, 0x8b, 0x0d, 0x06, 0, 0, 0, // mov rcx, the offset
	0x48, 0x01, 0x0e, // add [rsi], rcx
	0xc3, // ret
	0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, // the offset, in seconds
}

// startWithClock starts cmd with a clock_gettime of its own, which the child gets before its first instruction, while it is
// traced. The clock of the machine is as it was.
func startWithClock(cmd *exec.Cmd) error {
	runtime.LockOSThread() // who traces is a thread
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: to start a traced process: %w", errNoJump, err)
	}
	give := func(err error) error {
		cmd.Process.Kill()
		cmd.Wait()
		return fmt.Errorf("%w: %w", errNoJump, err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &status, 0, nil); err != nil || !status.Stopped() {
		return give(fmt.Errorf("no stop at the start: %v, %w", status, err))
	}
	at, err := findClock(cmd.Process.Pid)
	if err == nil {
		err = poke(cmd.Process.Pid, at, clockGettime)
	}
	if err != nil {
		return give(err)
	}
	return syscall.PtraceDetach(cmd.Process.Pid)
}

// setOffset moves the wall clock that this process sees.
func setOffset(d time.Duration) error {
	at, err := findClock(os.Getpid())
	if err != nil {
		return err
	}
	at += uint64(len(clockGettime)) - 8
	return poke(os.Getpid(), at, binary.LittleEndian.AppendUint64(nil, uint64(int64(d/time.Second))))
}

// poke writes to the memory of a process.
func poke(pid int, at uint64, b []byte) error {
	f, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(b, int64(at))
	return err
}

// findClock returns where the vDSO of a process has its clock_gettime.
func findClock(pid int) (uint64, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if !strings.HasSuffix(line, "[vdso]\n") {
			continue
		}
		from, to, _ := strings.Cut(strings.Fields(line)[0], "-")
		begin, err := strconv.ParseUint(from, 16, 64)
		if err != nil {
			return 0, err
		}
		end, err := strconv.ParseUint(to, 16, 64)
		if err != nil {
			return 0, err
		}
		mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
		if err != nil {
			return 0, err
		}
		defer mem.Close()
		image := make([]byte, end-begin)
		if _, err := mem.ReadAt(image, int64(begin)); err != nil {
			return 0, err
		}
		library, err := elf.NewFile(bytes.NewReader(image))
		if err != nil {
			return 0, err
		}
		symbols, err := library.DynamicSymbols()
		if err != nil {
			return 0, err
		}
		for _, s := range symbols {
			if s.Name == "__vdso_clock_gettime" && s.Size >= uint64(len(clockGettime)) {
				return begin + s.Value, nil
			}
		}
	}
	return 0, fmt.Errorf("no clock_gettime in the vDSO of process %d", pid)
}
