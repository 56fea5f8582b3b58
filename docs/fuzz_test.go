package docs_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// without returns text without the lines that drop says.
func without(text string, drop func(line string) bool) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), drop)
	return strings.Join(lines, "\n") + "\n"
}

// FuzzBlocks writes pages of any prose with any code, of which the blocks come back as they were, and nothing in them is
// taken for prose.
func FuzzBlocks(f *testing.F) {
	f.Add("# Title\n\nSee [this](README.md#title) and `[that](code)`.", "go", "package main\n\n# no title\n[no](link)", "a\n", "## End", 2)
	f.Add("", "sh", "cd x && FUZZTIME=1s make fuzz # [no](link)\ngreenlet run a.star | sort; go test ./...", "", "[a](b)[c](d)", 1)
	f.Add("``` `[a](b)", "output", "````\n``` \n```go", "", "`", 0)
	f.Add("a\n``\n", "", "A=b C=d\nA=b\\\n  make\\\n", "\t \n\nx \n", "#", 3)
	f.Fuzz(func(t *testing.T, before, lang, text, output, after string, at int) {
		isFence := func(line string) bool { return strings.HasPrefix(line, "```") }
		isEnd := func(line string) bool { return line == "```" }
		before, after = without(before, isFence), without(after, isFence)
		text, output = without(text, isEnd), without(output, isEnd)
		lang = strings.NewReplacer("\n", "", "`", "").Replace(lang)
		page := before + "```" + lang + "\n" + text + "```\n\n```output\n" + output + "```\n" + after

		bs := blocksOf(t, map[string]string{"page.md": page})
		if len(bs) != 2 {
			t.Fatalf("%d blocks in\n%s", len(bs), page)
		}
		b := bs[0]
		if b.lang != lang || b.text != text || b.output != bs[1] || bs[1].lang != "output" || bs[1].text != output || bs[1].output != nil {
			t.Errorf("the blocks are %+v and %+v in\n%s", b, bs[1], page)
		}
		if lines := strings.Split(page, "\n"); lines[b.line-1] != "```"+lang || lines[bs[1].line-1] != "```output" {
			t.Errorf("lines %d and %d are not those of the fences of\n%s", b.line, bs[1].line, page)
		}

		links := func(text string) (all []string) {
			for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
				all = append(all, m[1])
			}
			return all
		}
		if got, want := links(page), append(links(before), links(after)...); !slices.Equal(got, want) {
			t.Errorf("the links are %q, want %q, in\n%s", got, want, page)
		}
		want := anchors(before)
		maps.Copy(want, anchors(after))
		if got := anchors(page); !maps.Equal(got, want) {
			t.Errorf("the anchors are %v, want %v, in\n%s", got, want, page)
		}

		for _, words := range b.commands() {
			for i, w := range words {
				if w == "" || strings.ContainsAny(w, "#;|& \n") || i == 0 && strings.HasPrefix(w, "A=") {
					t.Errorf("%q is a word of a command in\n%s", w, text)
				}
			}
		}
		lines := strings.Split(text, "\n")
		excerpt := strings.Join(lines[:1+(at&0xffff)%len(lines)], "\n")
		if strings.TrimSpace(excerpt) != "" && !strings.Contains(flat(text), flat("\t"+excerpt)) {
			t.Errorf("%q is no excerpt of %q", excerpt, text)
		}
		if s := tidy(text); tidy(s) != s {
			t.Errorf("%q is not tidy", s)
		}
	})
}
