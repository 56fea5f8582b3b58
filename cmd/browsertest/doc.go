// Package browsertest talks in the chat of greenlet serve, in a real browser, as two people. It is a module of its own, so that
// nobody else's build knows of the library that drives the browser. Where there is no Chromium, the tests are skipped.
package browsertest
