//go:build !unix

package server

import "fmt"

// Postgres is for systems that run a server on a socket in a folder.
func Postgres() (*Server, error) { return nil, fmt.Errorf("PostgreSQL %w", ErrMissing) }
