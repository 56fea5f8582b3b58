package docs_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// greenPackages are those whose names from-gevent.md mentions, by how it calls them.
var greenPackages = map[string]string{
	"green": "green", "tasklet": "tasklet", "net": "green/net", "http": "green/http", "file": "green/file",
	"exec": "green/exec", "watch": "green/watch", "db": "green/db", "live": "green/live", "backdoor": "green/backdoor",
}

// greenReceivers are the types of the variables that from-gevent.md uses the same way everywhere.
var greenReceivers = map[string][]string{
	"h": {"Hub"}, "t": {"Task"}, "j": {"Job", "Task"}, "g": {"Group"}, "p": {"Pool"}, "q": {"Queue"},
}

var (
	span   = regexp.MustCompile("`[^`]+`")
	goName = regexp.MustCompile(`(?:\b([a-z]\w*)\.)?\b([A-Z]\w*)`)
)

// Every name of ours that from-gevent.md gives in the last column of its tables exists, and each row of them has one, or
// says why not.
func TestGeventNames(t *testing.T) {
	names := map[string]map[string]bool{}
	for name, dir := range greenPackages {
		names[name] = packageNames(t, "../"+dir)
	}
	has := func(prefix, name string) bool {
		if of := names[prefix]; of != nil {
			return of[name]
		}
		if types := greenReceivers[prefix]; types != nil {
			return slices.ContainsFunc(types, func(typ string) bool { return names["green"][typ+"."+name] })
		}
		for of := range maps.Values(names) {
			for known := range of {
				if strings.HasSuffix(known, "."+name) {
					return true
				}
			}
		}
		return prefix == "" && names["green"][name]
	}
	text, _, _ := strings.Cut(pages(t)["from-gevent.md"], "\n## Deliberate differences\n")
	rows := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		here := strings.TrimSpace(cells[len(cells)-1])
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(here, "---") || here == "here" || strings.HasPrefix(line, "| **") {
			continue
		}
		rows++
		found := 0
		for _, s := range span.FindAllString(here, -1) {
			for _, m := range goName.FindAllStringSubmatch(s, -1) {
				if m[2] == "T" || m[1] == "errors" {
					continue
				}
				found++
				if !has(m[1], m[2]) {
					t.Errorf("there is no %s, which is said to stand for %s", m[0], strings.Join(cells[:len(cells)-1], "|"))
				}
			}
		}
		if found == 0 && len(strings.Fields(here)) < 2 {
			t.Errorf("neither a name nor a reason in %s", line)
		}
	}
	if rows < 200 {
		t.Errorf("only %d rows found", rows)
	}
}

// theirNames are the public names of gevent, eventlet and Concurrence, module by module.
var theirNames = map[string]string{
	"gevent": `Greenlet Timeout fork get_hub getcurrent getswitchinterval idle iwait joinall kill killall reinit
		setswitchinterval signal_handler sleep spawn spawn_later spawn_raw wait with_timeout Hub LoopExit handle_error NOT_ERROR
		resolver threadpool destroy BlockingSwitchOutError InvalidSwitchError ConcurrentObjectUseError InvalidThreadUseError
		HubDestroyed start start_later ready successful value exception exc_info dead get join throw rawlink link link_value
		link_exception unlink unlink_all has_links name minimal_ident spawning_greenlet spawning_stack spawn_tree_locals gr_frame
		add_spawn_callback pending cancel close Event AsyncResult set set_exception get_nowait cancelled Semaphore
		BoundedSemaphore DummySemaphore RLock locked acquire Queue JoinableQueue UnboundQueue PriorityQueue LifoQueue Channel
		task_done shutdown put peek copy Empty Full ShutDown balance Group Pool add apply apply_async apply_cb map map_async imap
		imap_unordered free_count wait_available PoolFull ThreadPool ThreadResult ThreadPoolExecutor local contextvars socket
		create_connection socketpair wait_read wait_write wait_readwrite cancel_wait ssl select poll selectors nb_read nb_write
		make_nonblocking tp_read tp_write fork_gevent fork_and_watch waitpid subprocess signal FileObjectPosix FileObjectThread
		FileObjectBlock ares getaddrinfo gethostbyname gethostbyaddr getnameinfo BaseServer StreamServer DatagramServer
		max_accept min_delay max_delay serve_forever started set_handle set_spawn pywsgi Environ LoggingLogAdapter
		BackdoorServer monkey threading thread time builtins core print_run_info format_run_info GreenletTree assert_switches
		wrap_errors PeriodicMonitoringThread max_blocking_time EventLoopBlocked add_monitoring_function
		ignore_current_greenlet_blocking max_memory_usage memory_monitor_period MemoryUsageThresholdExceeded GreenletTracer
		HubSwitchTracer MaxSwitchTracer events config run_callback_threadsafe exception_stream main_hub ident_registry`,
	"eventlet": `connect listen serve StopServe wrap_ssl GreenPool GreenPile spawn_n spawn_after spawn_after_local
		import_patched monkey_patch CappedSemaphore wrap_is_timeout is_timeout send send_exception poll_result poll_exception
		has_result has_exception free running waiting resize waitall starmap DAGPool post wait_each running_keys waiting_for
		Collision PropagateError LightQueue getting putting TokenPool db_pool max_size max_idle max_age tpool Proxy killall
		set_num_threads GreenSocket GreenPipe websocket backdoor_server corolocal get_ident metaphore spew unspew
		format_hub_listeners format_hub_timers hub_listener_stacks hub_timer_stacks hub_exceptions tpool_exceptions
		hub_prevent_multiple_readers hub_blocking_detection format_asyncio_info format_threads_info inject original
		is_monkey_patched BaseHTTPServer CGIHTTPServer MySQLdb OpenSSL SimpleHTTPServer SocketServer asynchat asyncore builtin
		ftplib http httplib profile urllib urllib2 zmq greendns use_hub trampoline notify_close notify_opened IOClosed
		spawn_for_awaitable zipkin spawn_link LinkedExited LinkedFailed LinkedKilled ProcExit RunningProcSet Actor cast received
		CoroutinePool ProcessPool saranwrap twistedutil api`,
	"Concurrence": `dispatch quit new JoinError join_all join_children loop interval rate receiver later yield_ current parent
		children tree count all set_timeout TIMEOUT_CURRENT TIMEOUT_NEVER mailbox call receive match reply receive_n has_receiver
		has_sender Deque Mailbox FileDescriptorEvent SignalEvent disable_threading push pop TaskLocal TaskInstance Lock
		TaskletPool defer DeferredQueue QueueChannel DequeDict ReorderQueue Socket write_socket read_socket set_interceptor
		Connector Server Buffer BufferedReader BufferedWriter BufferedStream CompatibleFile WSGIServer http11 HTTPConnection
		middleware web route filter Controller Application TimeoutFilter memcache database RemoteServer RemoteClient
		RemoteTasklet statistic StatisticExtra StatisticMinMax gamma_filter application xmpp reinit`,
}

// No name of theirs is missing from the page.
func TestGeventNamesAreAllThere(t *testing.T) {
	mentioned := map[string]bool{}
	for _, s := range span.FindAllString(pages(t)["from-gevent.md"], -1) {
		for _, word := range regexp.MustCompile(`\w+`).FindAllString(s, -1) {
			mentioned[word] = true
		}
	}
	for system, list := range theirNames {
		for _, name := range strings.Fields(list) {
			if !mentioned[name] {
				t.Errorf("%s's %s is not on the page", system, name)
			}
		}
	}
}
