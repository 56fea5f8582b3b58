// Package greenlet provides coroutines with no implicit scheduling.
package greenlet
