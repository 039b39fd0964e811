package report

var Number = number
