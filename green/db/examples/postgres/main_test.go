package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green/db/internal/server"
)

func TestRun(t *testing.T) {
	s, err := server.Postgres()
	if errors.Is(err, server.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	var out strings.Builder
	if err := run(&out, "host="+s.Dir+" user=postgres"); err != nil {
		t.Fatal(err)
	}
	const want = "account 1 has 100\naccount 2 has 100\naccount 3 has 100\n" +
		"account 4 has 100\naccount 5 has 100\nconnections: 4\n"
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
}
