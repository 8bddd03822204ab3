package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

func whoami(response http.ResponseWriter, request *http.Request) {
	userid := request.Header.Get("Remote-User")
	name, _ := url.PathUnescape(request.Header.Get("Remote-Name"))
	groups := strings.Split(request.Header.Get("Remote-Groups"), ",")
	for i := range groups {
		groups[i], _ = url.PathUnescape(groups[i])
	}
	fmt.Fprintf(response, "%s (%s): %s", name, userid, strings.Join(groups, " · "))
}

func main() {
	http.HandleFunc("/", whoami)
	http.ListenAndServe("127.0.0.1:3000", nil)
}
