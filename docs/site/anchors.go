package main

import (
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	ids   = regexp.MustCompile(`\sid="([^"]*)"`)
	hrefs = regexp.MustCompile(`<a\s[^>]*href="([^"#]*)#([^"]*)"`)
)

// checkAnchors returns what is wrong with the links in the HTML files of dir that name an anchor in one of them. The link
// checker does the rest: it looks for the anchors of a page only when it comes to it for the first time.
func checkAnchors(dir string) (wrong []string, err error) {
	text := map[string]string{}
	err = filepath.WalkDir(dir, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".html" {
			return err
		}
		b, err := os.ReadFile(file)
		text[file] = string(b)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, fmt.Errorf("no page in %s", dir)
	}
	has := map[string]bool{}
	for file := range text {
		for _, m := range ids.FindAllStringSubmatch(text[file], -1) {
			has[file+"#"+html.UnescapeString(m[1])] = true
		}
	}
	for file := range text {
		for _, m := range hrefs.FindAllStringSubmatch(text[file], -1) {
			to, anchor := html.UnescapeString(m[1]), html.UnescapeString(m[2])
			if plain, err := url.PathUnescape(anchor); err == nil {
				anchor = plain
			}
			target := file
			switch {
			case strings.Contains(to, "://"):
				continue
			case strings.HasPrefix(to, "/"):
				target = filepath.Join(dir, filepath.FromSlash(to))
			case to != "":
				target = filepath.Join(filepath.Dir(file), filepath.FromSlash(to))
			}
			if strings.HasSuffix(to, "/") {
				target = filepath.Join(target, "index.html")
			}
			if !has[target+"#"+anchor] {
				wrong = append(wrong, fmt.Sprintf("%s: %s#%s leads to no anchor", file, to, anchor))
			}
		}
	}
	return wrong, nil
}
