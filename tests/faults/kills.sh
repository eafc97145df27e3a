# kill -9 of server, signer and PostgreSQL in turn, at moments of no one's choice, under load that goes on.

victim() { # ROUND: prints the process
	case $(($1 % 6)) in
	4) child_named postgres ;;
	5) child_named idsrv ;;
	*) echo "$SERVER_PID" ;;
	esac
}

kill_round() { # ROUND
	local pid
	flows $((10 + RANDOM % 30)) || return 1
	sleep "0.$((RANDOM % 9))"
	current
	pid=$(victim "$1") && kill -KILL "$pid" || { echo "no one to kill"; return 1; }
	gone || return 1
	well_again
}

# The server is another one after this: also when a child of it was killed, and soon.
gone() {
	local i old=$SERVER_PID
	for i in $(seq 1 $((GONE_S * 20))); do
		[ "$(cat "$WORK/pid")" != "$old" ] && return
		sleep 0.05
	done
	echo "the server did not end within $GONE_S s"
	return 1
}
GONE_S=10

kill_rounds() {
	local i
	load_on
	for i in $(seq 1 "$ROUNDS"); do
		ok "round $i: killed with -9 under load, and well again by itself" kill_round "$i"
		# counted now and then, so that a loss is seen near its cause
		if [ $((i % 25)) = 0 ]; then
			load_off >"$TOP/last.log"
			all_there
			n_rounds=$i row
			load_on
		fi
	done
	ok "told to end under load it ends well" polite
	ok "the load found nothing that contradicts" load_off
	all_there
	ok "a crash leaves no more intents open than requests were inside" bounded
	n_rounds=$ROUNDS
}

# A signer that is there and says nothing: after ten seconds the server takes it for gone.
fault_silent() {
	load_on
	flows 5 >/dev/null
	current
	kill -STOP "$(child_named idsrv)"
	GONE_S=25
	ok "it ends and starts anew" gone
	GONE_S=10
	ok "well again" well_again
	ok "it goes on" flows 10
	ok "the load found nothing that contradicts" load_off
	all_there
}

# It answers what is inside.
polite() {
	flows 20 && let_down && keep_up
}

# One for each thread and end, and those that were told so because the database or the signer was gone first.
bounded() {
	local told
	told=$(grep -ac '"route":"credential".*"status":503' "$WORK/idsrv.log")
	echo "$(of_count half-issued) open, $told told, $ROUNDS crashes"
	[ $(($(of_count half-issued) - told)) -le $(((ROUNDS + 1) * THREADS)) ]
}
