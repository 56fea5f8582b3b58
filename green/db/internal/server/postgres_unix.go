//go:build unix

package server

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Postgres starts a PostgreSQL server that listens in Dir, as the port 5432, and trusts the user postgres. If the caller is
// root, which PostgreSQL refuses to be, it runs as the user postgres or nobody.
func Postgres() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	var attr *syscall.SysProcAttr
	if os.Geteuid() == 0 {
		id, err := nobody()
		if err == nil {
			err = os.Chown(dir, int(id.Uid), int(id.Gid))
		}
		if err != nil {
			os.RemoveAll(dir)
			return nil, err
		}
		attr = &syscall.SysProcAttr{Credential: id}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres",
		"--no-sync", "-E", "UTF8", "--locale", "C")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	postgres := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir,
		"-c", "listen_addresses=", "-c", "fsync=off")
	postgres.Dir, postgres.SysProcAttr = dir, attr
	return start(dir, postgres, func() bool {
		status, err := os.ReadFile(filepath.Join(data, "postmaster.pid")) // its last line is the state
		return err == nil && bytes.HasSuffix(bytes.TrimSpace(status), []byte("ready"))
	})
}

// binaries returns the folder of PostgreSQL's programs.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL %w", ErrMissing)
	}
	return filepath.Dir(slices.Max(found)), nil
}

// nobody returns a user who is not root.
func nobody() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}
