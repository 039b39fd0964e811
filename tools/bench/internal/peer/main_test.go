package peer_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
)

// childFlag makes this program reply to each line with its length, and fail at an empty one.
const childFlag = "-child"

func answerLengths(in io.Reader, out io.Writer) error {
	return peer.Answer(in, out, func(line string) (any, error) {
		if line == "" {
			return nil, errors.New("an empty line")
		}
		return len(line), nil
	})
}

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childFlag {
		fmt.Println("  hello")
		if err := answerLengths(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
