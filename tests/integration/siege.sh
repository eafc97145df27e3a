# Many hostile clients at once against a server of its own with few places (test_siege.c).
fresh siege
ok "a server of its own" up siege --connections 256 --request_timeout_s 2
ok "parties for it" populate
environment siege
timeout 240 "$PROGRAMS/test_siege" >"$TOP/siege.log" 2>&1
count_cmocka siege "$TOP/siege.log" $?
ok "it is still there" kill -0 "$SERVER_PID"
ok "it ends well" down siege
