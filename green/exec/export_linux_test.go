package exec

// NoHandles makes Wait use goroutines, until the function that it returns is called.
func NoHandles() func() {
	handles = false
	return func() { handles = true }
}
