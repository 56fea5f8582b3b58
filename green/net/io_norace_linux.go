//go:build !greenlet_kqueue && !race

package net

// beforeWritev is for the race detector.
func beforeWritev() {}
