// Command summary reads `go test -json` and prints a line per package, the
// output of what failed, why what was skipped was skipped, and at the end how
// many tests passed, failed and were skipped. It exits with 1 when anything
// failed or nothing ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
)

type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

func main() {
	out := map[string][]string{} // package/test -> its lines
	var passed, failed, skipped, broken int
	var skips []string
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text())
			continue
		}
		key := e.Package + "/" + e.Test
		switch e.Action {
		case "output":
			out[key] = append(out[key], e.Output)
		case "build-output":
			fmt.Print(e.Output)
		case "pass", "fail", "skip":
			if e.Test == "" {
				if e.Action == "fail" {
					broken++
					fmt.Print(strings.Join(tail(out[key], 40), ""))
				}
				if e.Action != "skip" {
					fmt.Printf("%-4s %6.1f s  %s\n", e.Action, e.Elapsed, e.Package)
				}
				continue
			}
			switch e.Action {
			case "pass":
				passed++
			case "skip":
				skipped++
				skips = append(skips, fmt.Sprintf("skipped %s %s", key, strings.TrimSpace(strings.Join(out[key], " "))))
			case "fail":
				failed++
				fmt.Printf("FAILED %s\n%s", key, strings.Join(tail(out[key], 60), ""))
			}
			delete(out, key)
		}
	}
	sort.Strings(skips)
	for _, s := range skips {
		fmt.Println(s)
	}
	if broken > 0 && failed == 0 {
		failed = broken // a package that did not build or crashed
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

func tail(lines []string, n int) []string {
	if len(lines) > n {
		return lines[len(lines)-n:]
	}
	return lines
}
