// Package net has the sockets of package green: connections and listeners that are those of the standard package net, and
// of which only the calling task waits.
package net
