// Package gochan provides Go channels to tasks: receives and sends that suspend the task and do not block its worker.
package gochan
