// Package green runs tasks that look like threads and never run at the same time: what gevent, eventlet and Concurrence
// give to Python.
package green
