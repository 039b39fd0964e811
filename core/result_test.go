package core_test

import (
	"io"
	"testing"

	"github.com/moduvex/moduvex-go/core"
)

func TestResultGet(t *testing.T) {
	if v, err := (core.Result[int]{Value: 7}).Get(); v != 7 || err != nil {
		t.Errorf("have %d, %v, want 7, nil", v, err)
	}
	if v, err := (core.Result[int]{Err: io.EOF}).Get(); v != 0 || err != io.EOF {
		t.Errorf("have %d, %v, want 0, EOF", v, err)
	}
}
