package main

import (
	"html"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeAll writes files into dir.
func writeAll(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// linksIn returns the targets of the links in text.
func linksIn(text string) []string {
	var all []string
	outside(codeBlocks, text, func(text string) string {
		return outside(codeSpans, text, func(text string) string {
			for _, m := range link.FindAllStringSubmatch(text, -1) {
				all = append(all, m[1])
			}
			return text
		})
	})
	return all
}

// FuzzRelink gives pages with any text to the site. Each link leads to the page of what it led to, which is one of the
// repository, and all else stays as it is, blocks of code above all.
func FuzzRelink(f *testing.F) {
	f.Add("See [this](../README.md#top), [that](../../examples/a/main.go) and [here](#x).\n", "x := `[a](b)`", "[far](https://example.org/a.md)")
	f.Add("`[a](b)` [c](b.md) `[d](e)", "```\n[a](b)\n```", "[a](../..)")
	f.Add("[a](..) [b](../../examples) [c](../../cmd/tool) [d](../../LICENSE)", "[x](nowhere)", "")
	f.Add("[a](/etc/passwd) [b](../../../outside.md)", "", "[[a](b.md)](../README.md)")
	f.Add("", "```\n[a](../README.md)\n```\n[a](b.md)\n", "")
	f.Add("```\n", "\n\n", "```")
	f.Add("[a](../..) [b](/.) [c](b.md/)", "", "")
	parent := f.TempDir()
	root := filepath.Join(parent, "repository")
	writeAll(f, parent, map[string]string{
		"outside.md":                      "# Outside\n",
		"repository/docs/README.md":       "# Docs\n",
		"repository/docs/howto/a.md":      "# A\n",
		"repository/docs/howto/b.md":      "# B\n",
		"repository/README.md":            "# Repository\n",
		"repository/LICENSE":              "All rights reserved.\n",
		"repository/examples/a/main.go":   "package main\n",
		"repository/cmd/tool/main.go":     "package main\n",
		"repository/cmd/tool/lib/lib.go":  "package lib\n",
		"repository/internal/core/run.go": "package core\n",
	})
	f.Fuzz(func(t *testing.T, before, inside, after string) {
		const name = "docs/howto/a.md"
		noBlock := strings.NewReplacer("```", "", "\r", "")
		block := fenced("go", strings.ReplaceAll(inside, "\r", ""))
		text := noBlock.Replace(before) + "\n" + block + noBlock.Replace(after)

		s := newSite(root, "out")
		page, err := s.want(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.relink(name, text)
		shown := map[string]string{}
		for file, page := range s.page {
			if !filepath.IsLocal(filepath.FromSlash(file)) || !filepath.IsLocal(filepath.FromSlash(page)) {
				t.Fatalf("%s becomes the page %s", file, page)
			}
			if other, twice := shown[page]; twice {
				t.Errorf("both %s and %s become the page %s", file, other, page)
			}
			shown[page] = file
		}
		if err != nil {
			return // a link to what does not exist
		}
		if !strings.Contains(got, block) {
			t.Fatalf("the block\n%s\nis changed in\n%s", block, got)
		}
		was, is := linksIn(text), linksIn(got)
		if len(was) != len(is) {
			t.Fatalf("the links %q become %q", was, is)
		}
		for i, l := range was {
			target, anchor, _ := strings.Cut(l, "#")
			to, toAnchor, _ := strings.Cut(is[i], "#")
			switch {
			case target == "" || strings.Contains(target, ":"):
				if is[i] != l {
					t.Errorf("the link %s becomes %s", l, is[i])
				}
			case toAnchor != anchor || shown[path.Join(path.Dir(page), to)] != path.Join(path.Dir(name), target):
				t.Errorf("the link %s becomes %s, which is %q", l, is[i], shown[path.Join(path.Dir(page), to)])
			}
		}
		outsideLinks := func(text string) string { return link.ReplaceAllString(text, "") }
		if outsideLinks(got) != outsideLinks(text) {
			t.Errorf("\n%s\nbecomes\n%s", text, got)
		}
	})
}

// FuzzAnchors gives any name to an anchor. A link to it is good, from the same page and from another, and one to another
// name is not.
func FuzzAnchors(f *testing.F) {
	f.Add("here", "there", "<p>text</p>")
	f.Add("Greenlet.Switch", "greenlet.switch", `<a href="`)
	f.Add("a b&amp;\"<%25'é\n", "#", `<h1 id="x"`)
	f.Add("\xff", "\x00", "<!--")
	f.Fuzz(func(t *testing.T, name, other, noise string) {
		if name == other || strings.ContainsRune(name+other, '\r') {
			t.Skip("not two names")
		}
		link := func(file, anchor string) string {
			return `<a class="x" href="` + file + "#" + html.EscapeString(url.PathEscape(anchor)) + `">link</a>`
		}
		dir := t.TempDir()
		writeAll(t, dir, map[string]string{
			"index.html":   `<h2 id="` + html.EscapeString(name) + `">x</h2>` + link("", name),
			"a/index.html": link("../index.html", name) + link("/index.html", name) + link("../", name),
			"b.html":       link("index.html", other),
			"noise.html":   noise,
		})
		wrong, err := checkAnchors(dir)
		if err != nil {
			t.Fatal(err)
		}
		wrong = slices.DeleteFunc(wrong, func(w string) bool { return strings.HasPrefix(w, filepath.Join(dir, "noise.html")+": ") })
		if len(wrong) != 1 || !strings.HasPrefix(wrong[0], filepath.Join(dir, "b.html")+": ") {
			t.Errorf("found: %q", wrong)
		}
	})
}
