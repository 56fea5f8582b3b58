package main

import (
	"errors"
	"path/filepath"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// A loader executes the files that scripts load, each once.
type loader struct {
	predeclared starlark.StringDict
	modules     map[string]*module
}

// A module is what loading a file came to, nil while that goes on.
type module struct {
	globals starlark.StringDict
	err     error
}

func newLoader(predeclared starlark.StringDict) *loader {
	return &loader{predeclared: predeclared, modules: map[string]*module{}}
}

// file loads the file name, which is relative to the directory of the file that asks for it. It is executed in the
// greenlet that asks.
func (l *loader) file(thread *starlark.Thread, name string) (starlark.StringDict, error) {
	path := filepath.FromSlash(name)
	if from := thread.CallFrame(0).Pos.Filename(); !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(from), path)
	}
	m, seen := l.modules[path]
	switch {
	case m != nil:
		return m.globals, m.err
	case seen:
		return nil, errors.New("files load each other in a circle")
	}
	l.modules[path] = nil
	m = new(module)
	src, err := readScript(path)
	if err == nil {
		m.globals, err = starlark.ExecFileOptions(greenlets.FileOptions(), thread, path, src, l.predeclared)
	}
	m.err = err
	l.modules[path] = m
	return m.globals, m.err
}
