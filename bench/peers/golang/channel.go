package main

func channelPingpong(deep int) func(n int) {
	to, from := make(chan int), make(chan int)
	go atDepth(deep, func() {
		for v := range to {
			from <- v
		}
	})
	return func(n int) {
		for i := 0; i < n; i += 2 {
			to <- i
			<-from
		}
	}
}

func channelRing() func(n int) {
	ring := make([]chan int, ringSize)
	for i := range ring {
		ring[i] = make(chan int)
	}
	done := make(chan bool)
	for i := range ring {
		go func() {
			in, out := ring[i], ring[(i+1)%ringSize]
			for left := range in {
				if left > 0 {
					out <- left - 1
				} else {
					done <- true
				}
			}
		}()
	}
	return func(n int) {
		ring[0] <- n
		<-done
	}
}

func channelSpawn(n int) {
	result := make(chan int)
	for i := range n {
		go func() { result <- i }()
		<-result
	}
}

func channelChain(n int) int {
	var link func(v int, result chan<- int)
	link = func(v int, result chan<- int) {
		if v == n {
			result <- v
			return
		}
		below := make(chan int)
		go link(v+1, below)
		result <- <-below
	}
	result := make(chan int)
	go link(1, result)
	return <-result
}

var never = make(chan int)

func channelPark(n int) {
	parked := make(chan int)
	for i := range n {
		go func() {
			parked <- i
			<-never
		}()
		<-parked
	}
}
