# Certificates and nginx for a server of a test, as docs/deploy has it but for ports and paths. Sourced after lib.sh. Needs WORK,
# TLS (a directory of ours for certificates), the ports WEB and OFFICERS of the proxy, PORT and ADMIN_PORT behind it.
PATH=$PATH:/usr/sbin # where Debian has them; not in the PATH of an ordinary user

make_ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Sample $1" \
		-keyout "$TLS/$1.key" -out "$TLS/$1.pem" 2>/dev/null
}
make_leaf() { # NAME CA ALGORITHM...
	local name=$1 ca=$2
	shift 2
	openssl req -newkey "$@" -nodes -subj "/CN=Sample $name" -keyout "$TLS/$name.key" -out "$TLS/$name.csr" 2>/dev/null &&
		openssl x509 -req -in "$TLS/$name.csr" -CA "$TLS/$ca.pem" -CAkey "$TLS/$ca.key" -CAcreateserial -days 2 \
			-extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out "$TLS/$name.pem" 2>/dev/null
}

use_certificate() { # NAME: of the next server
	cp "$TLS/$1.pem" "$TLS/fullchain.pem"
	cp "$TLS/$1.key" "$TLS/privkey.pem"
	chmod 600 "$TLS/privkey.pem"
}

place() { # FILE: the documented text with our ports and paths; who is not root stays who he is
	sed -e "$([ "$(id -u)" = 0 ] || echo '/^\t\(user\|group\|chroot\) /d')" -e "s#/var/log/nginx#$WORK/nginx#" -e "s/\\[::\\]:/[::1]:/; s/443 ssl http2/$WEB ssl http2/; s/:443/:$WEB/" \
		-e "s/8443/$OFFICERS/; s/127.0.0.1:8080/127.0.0.1:$PORT/" \
		-e "s/127.0.0.1:8081/127.0.0.1:$ADMIN_PORT/; s#/etc/idsrv/tls#$TLS#g; s/bind :/bind 127.0.0.1:/" "$1"
}
nginx_run() { # FILE...: in the background, PROXY_PID
	local t
	mkdir -p "$WORK/nginx"
	{
		echo "daemon off; pid $WORK/nginx/pid; error_log $WORK/nginx/error.log; events {}"
		[ "$(id -u)" = 0 ] && echo "user root;"
		echo "http {"
		for t in client_body proxy fastcgi uwsgi scgi; do
			echo "${t}_temp_path $WORK/nginx/$t;"
		done
		for t in "$@"; do place "$t"; done
		echo "}"
	} >"$WORK/nginx.conf"
	nginx -e "$WORK/nginx/error.log" -p "$WORK/nginx" -c "$WORK/nginx.conf" 2>"$WORK/nginx/first.log" &
	PROXY_PID=$!
}
wait_port() { # PORT
	local i
	for i in $(seq 1 200); do
		(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		sleep 0.05
	done
	return 1
}
