// Load drives the servers of greenlet serve, and in the same run the same programs on goroutines with the standard library, on
// gevent and on eventlet, with more and more connections, on the loopback interface only:
//
//	load -greenlet FILE -gonet FILE [-docs FOLDER] [-time 1s] [-rounds 3] [-conns 1,100,1000,10000]
//
// It prints tables: requests a second, CPU time of the server for a request, how long clients waited, memory of an idle
// connection, what is left of it all beside clients that misbehave, and what two hubs do beside one where handlers compute; and
// whether what the project aims at holds in these figures. With -docs it also writes benchmarks-load.md and charts
// into that folder. Where there is taskset, the server has one processor and its clients another.
//
// HTTP is driven by wrk, and echo by this program itself, as
//
//	load client echo|idle-echo|idle-http|faults-echo|faults-http ADDRESS CONNECTIONS TIME
//
// Nothing runs for longer than about twice its time, and connecting.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "client" {
		exit(client(os.Args[2:], os.Stdin, os.Stdout))
		return
	}
	var o options
	flag.StringVar(&o.greenlet, "greenlet", "", "the command greenlet, in `FILE`")
	flag.StringVar(&o.gonet, "gonet", "", "the program gonet, in `FILE`")
	flag.StringVar(&o.docs, "docs", "", "write benchmarks-load.md and images/load-*.svg into this `folder`")
	flag.DurationVar(&o.time, "time", time.Second, "how long each step runs")
	flag.IntVar(&o.rounds, "rounds", 3, "how `often` each number of connections is tried; what counts is the run in the middle")
	conns := flag.String("conns", "1,100,1000,10000", "with how many connections, `separated` by commas")
	flag.Parse()
	var err error
	if o.conns, err = numbers(*conns); err == nil && o.rounds < 1 {
		err = errors.New("-rounds: at least 1")
	}
	if err == nil {
		err = compare(o, os.Stdout, os.Stderr)
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	greenlet, gonet string
	docs            string
	time            time.Duration
	rounds          int
	conns           []int
}

// numbers reads numbers of connections, which must grow.
func numbers(list string) ([]int, error) {
	var ns []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > 50_000 || len(ns) > 0 && n <= ns[len(ns)-1] {
			return nil, fmt.Errorf("-conns %s: numbers from 1 to 50000, each greater than the one before", list)
		}
		ns = append(ns, n)
	}
	return ns, nil
}
