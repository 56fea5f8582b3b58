package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// upstreamTests has the tests of Python's greenlet 3.5, by file.
var upstreamTests = map[string]string{
	"test_greenlet.py": `
		test_simple test_switch_no_run_raises_AttributeError test_throw_no_run_raises_AttributeError test_parent_equals_None
		test_run_equals_None test_two_children test_two_recursive_children test_threads test_switching_many_threads
		test_exception test_send_exception test_dealloc test_dealloc_catches_GreenletExit_throws_other
		test_dealloc_other_thread test_frame test_thread_bug test_switch_kwargs test_switch_kwargs_to_parent
		test_switch_to_another_thread test_exc_state test_instance_dict test_running_greenlet_has_no_run test_deepcopy
		test_parent_restored_on_kill test_parent_return_failure test_throw_exception_not_lost
		test_throw_to_dead_thread_doesnt_crash test_throw_to_dead_thread_doesnt_crash_wait test_recursive_startup
		test_threaded_updatecurrent test_dealloc_switch_args_not_lost test_tuple_subclass test_abstract_subclasses
		test_implicit_parent_with_threads test_issue_245_reference_counting_subclass_no_threads
		test_issue_245_reference_counting_subclass_threads test_falling_off_end_switches_to_unstarted_parent_raises_error
		test_falling_off_end_switches_to_unstarted_parent_works test_switch_to_dead_greenlet_with_unstarted_perverse_parent
		test_switch_to_dead_greenlet_reparent test_can_access_f_back_of_suspended_greenlet test_get_stack_with_nested_c_calls
		test_frames_always_exposed test_switching_holding_critical_section_no_crash test_threaded_reparent
		test_unexpected_reparenting test_unexpected_reparenting_thread_running test_cannot_delete_parent
		test_cannot_delete_parent_of_main test_main_greenlet_parent_is_none test_set_parent_wrong_types test_trivial_cycle
		test_trivial_cycle_main test_deeper_cycle test_main_while_running test_main_in_background test_initial
		test_main_from_other_thread test_dead test_formatting_produces_native_str test_main_greenlet_type_can_be_subclassed
		test_main_greenlet_is_greenlet test_greenlet_run test_failed_to_initialstub test_failed_to_switch_into_running
		test_failed_to_slp_switch_into_running test_reentrant_switch_two_greenlets test_reentrant_switch_three_greenlets
		test_reentrant_switch_three_greenlets2 test_reentrant_switch_GreenletAlreadyStartedInPython
		test_reentrant_switch_run_callable_has_del test_no_gil_on_free_threaded`,
	"test_throw.py": `
		test_class test_val test_kill test_throw_goes_to_original_parent test_non_traceback_param test_instance_of_wrong_type
		test_not_throwable`,
	"test_tracing.py": `
		test_a_greenlet_tracing test_b_exception_disables_tracing test_set_same_tracer_twice test_trace_events_trivial
		test_trace_events_into_greenlet_func_already_set test_trace_events_into_greenlet_subclass_already_set
		test_trace_events_from_greenlet_func_sets_profiler test_trace_events_from_greenlet_subclass_sets_profiler
		test_trace_events_multiple_greenlets_switching test_trace_events_multiple_greenlets_switching_siblings`,
	"test_contextvars.py": `
		test_context_propagated_by_context_run test_context_propagated_by_setting_attribute test_context_not_propagated
		test_context_shared test_break_ctxvars test_not_broken_if_using_attribute_instead_of_context_run
		test_context_assignment_while_running test_context_assignment_different_thread test_context_assignment_wrong_type`,
	"test_gc.py": `
		test_dead_circular_ref test_circular_greenlet test_inactive_ref test_finalizer_crash test_crashing_deferred_object
		test_cycle_in_suspended_frame`,
	"test_weakref.py":          "test_dead_weakref test_inactive_weakref test_dealloc_weakref",
	"test_generator.py":        "test_generator",
	"test_generator_nested.py": "test_layered_genlets test_permutations test_genlet_simple test_genlet_bad test_nested_genlets",
	"test_leaks.py": `
		test_arg_refs test_kwarg_refs test_threaded_leak test_threaded_adv_leak test_issue251_killing_cross_thread_leaks_list
		test_issue251_with_cleanup_disabled test_issue251_issue252_need_to_collect_in_background
		test_issue251_issue252_need_to_collect_in_background_cleanup_disabled
		test_issue251_issue252_explicit_reference_not_collectable test_untracked_memory_doesnt_increase
		test_untracked_memory_doesnt_increase_unfinished_thread_dealloc_in_thread
		test_untracked_memory_doesnt_increase_unfinished_thread_dealloc_in_main`,
	"test_interpreter_shutdown.py": `
		test_active_greenlet_at_shutdown_no_crash test_multiple_active_greenlets_at_shutdown test_nested_greenlets_at_shutdown
		test_threaded_greenlets_at_shutdown test_greenlet_cleanup_during_thread_exit test_finally_block_during_thread_exit
		test_many_greenlets_with_cleanup_at_shutdown test_deeply_nested_greenlets_at_shutdown
		test_greenlet_with_traceback_at_shutdown test_getcurrent_during_atexit_no_crash test_gettrace_during_atexit_no_crash
		test_settrace_during_atexit_no_crash test_getcurrent_with_active_greenlets_during_atexit
		test_greenlet_construction_during_atexit_no_crash test_greenlet_construction_with_active_greenlets_during_atexit
		test_greenlet_construction_with_cross_thread_deleteme_during_atexit
		test_getcurrent_returns_none_during_gc_finalization
		test_getcurrent_returns_none_during_gc_finalization_with_active_greenlets
		test_getcurrent_returns_none_during_gc_finalization_cross_thread test_getcurrent_returns_none_during_atexit_phase
		test_getcurrent_returns_none_during_atexit_phase_with_active_greenlets
		test_api_getcurrent_no_system_error_at_module_gc_time test_switch_no_error_at_module_gc_time`,
	"test_extension_interface.py": `
		test_switch test_switch_kwargs test_setparent test_getcurrent test_new_greenlet test_raise_greenlet_dead
		test_raise_greenlet_error test_throw test_non_traceback_param test_instance_of_wrong_type test_not_throwable
		test_leaks`,
	"test_cpp.py": `
		test_exception_switch test_unhandled_nonstd_exception_aborts test_unhandled_std_exception_aborts
		test_unhandled_std_exception_as_greenlet_function_aborts test_unhandled_exception_in_greenlet_aborts
		test_leak_test_exception_switch_and_do_in_g2`,
	"test_greenlet_trash.py": "test_it",
	"test_stack_saved.py":    "test_stack_saved",
	"test_version.py":        "test_version",
}

// A declared test is a test of ours with the texts in its file, among them the names of its parts.
type declared struct{ texts map[string]bool }

// ourTests returns the tests of the package in dir, whose names in conformance.md begin with prefix.
func ourTests(t *testing.T, dir, prefix string) map[string]declared {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	all := map[string]declared{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]bool{}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				texts[text] = true
			}
			return true
		})
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				all[prefix+f.Name.Name] = declared{texts}
			}
		}
	}
	return all
}

var (
	fileHeading = regexp.MustCompile(`^### (test_\w+\.py)$`)
	upstreamRow = regexp.MustCompile("^\\| `(test_\\w+)` \\| ([^|]*) \\| ([^|]*) \\|$")
	namedTest   = regexp.MustCompile("`((?:generator\\.|starlark\\.)?Test[^`/]*)(?:/([^`]*))?`")
	tally       = regexp.MustCompile(`reason why there is none: (\d+) have such tests and (\d+) have none\.`)
)

// TestUpstreamTable checks that conformance.md has a row for every test of upstream, and that the tests it names exist.
func TestUpstreamTable(t *testing.T) {
	ours := ourTests(t, "..", "")
	for dir, prefix := range map[string]string{"../generator": "generator.", "../starlark": "starlark."} {
		maps.Copy(ours, ourTests(t, dir, prefix))
	}
	text, err := os.ReadFile("conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Upstream's tests\n")
	if !found {
		t.Fatal("conformance.md lacks the section on upstream's tests")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]int{}
	counts := [2]int{} // with and without a test of ours
	file := ""
	for _, line := range strings.Split(section, "\n") {
		if m := fileHeading.FindStringSubmatch(line); m != nil {
			file = m[1]
			continue
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		m := upstreamRow.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not a row of a table: %s", line)
			continue
		}
		name, tag, cell := m[1], m[2], m[3]
		rows[file+" "+name]++
		if !slices.Contains([]string{"S", "A", "C"}, tag) {
			t.Errorf("%s: unknown tag %q", name, tag)
		}
		named := namedTest.FindAllStringSubmatch(cell, -1)
		if len(named) > 0 {
			counts[0]++
		} else {
			counts[1]++
		}
		switch {
		case strings.TrimSpace(cell) == "":
			t.Errorf("%s: neither a test nor a reason", name)
		case len(named) == 0 && tag != "C":
			t.Errorf("%s: no test of what is not about CPython alone", name)
		}
		for _, n := range named {
			if d, ok := ours[n[1]]; !ok {
				t.Errorf("%s: there is no test %s", name, n[1])
			} else if n[2] != "" && !d.texts[n[2]] {
				t.Errorf("%s: the test %s has no part %q", name, n[1], n[2])
			}
		}
	}
	total := 0
	for file, names := range upstreamTests {
		for _, name := range strings.Fields(names) {
			total++
			key := file + " " + name
			if rows[key] != 1 {
				t.Errorf("%d rows for %s", rows[key], key)
			}
			delete(rows, key)
		}
	}
	for key := range rows {
		t.Errorf("upstream has no test %s", key)
	}
	if total != 169 {
		t.Errorf("%d tests of upstream in the list, want 169", total)
	}
	if m := tally.FindStringSubmatch(strings.ReplaceAll(section, "\n", " ")); m == nil || m[1] != fmt.Sprint(counts[0]) || m[2] != fmt.Sprint(counts[1]) {
		t.Errorf("%d rows with tests and %d without: the text says %q", counts[0], counts[1], m)
	}
}
