// Package browsertest checks, in a real browser, the page that package trace writes. It is a module of its own, so
// that nobody else's build knows of the library that drives the browser. Where there is no Chromium, the tests are
// skipped.
//
// The picture in the documentation is made anew by
//
//	SCREENSHOTS=$PWD/docs/images go test -run Screenshot ./trace/browsertest
package browsertest
