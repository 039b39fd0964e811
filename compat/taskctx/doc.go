// Package taskctx provides tasks that end with a context, and contexts that end with a task.
package taskctx
