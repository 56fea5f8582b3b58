package main

import "github.com/go-greenlet/greenlet"

func greenletPingpong(deep int) func(n int) {
	main := greenlet.Main[int]()
	g := main.New(func(v int) (int, error) {
		var err error
		atDepth(deep, func() {
			for err == nil {
				v, err = main.Switch(v)
			}
		})
		return v, err
	})
	g.Switch(0)
	return func(n int) {
		for i := 0; i < n; i += 2 {
			g.Switch(i)
		}
	}
}

func greenletRing() func(n int) {
	main := greenlet.Main[int]()
	ring := make([]*greenlet.Greenlet[int], ringSize)
	for i := range ring {
		ring[i] = main.New(func(left int) (int, error) {
			for {
				if left <= 0 {
					left, _ = main.Switch(0)
					continue
				}
				left, _ = ring[(i+1)%ringSize].Switch(left - 1)
			}
		})
		ring[i].Switch(0)
	}
	return func(n int) { ring[0].Switch(n) }
}

func greenletSpawn(n int) {
	main := greenlet.Main[int]()
	f := func(v int) (int, error) { return v, nil }
	for i := range n {
		main.New(f).Switch(i)
	}
}

func greenletChain(n int) int {
	main := greenlet.Main[int]()
	var link func(v int) (int, error)
	link = func(v int) (int, error) {
		if v == n {
			return v, nil
		}
		return main.Current().New(link).Switch(v + 1)
	}
	v, err := main.New(link).Switch(1)
	if err != nil {
		return 0
	}
	return v
}

var keptGreenlets []*greenlet.Greenlet[int]

func greenletPark(n int) {
	main := greenlet.Main[int]()
	park := func(v int) (int, error) { return main.Switch(v) }
	for i := range n {
		g := main.New(park)
		g.Switch(i)
		keptGreenlets = append(keptGreenlets, g)
	}
}
