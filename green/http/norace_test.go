//go:build !race

package http_test

const raced = false
