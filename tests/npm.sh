# Sourced by the suites in JavaScript: is node new enough, and other people's packages by the lock file.

# node_is MAJOR: Debian 12's own node is older than what most libraries ask for
node_is() {
	local version
	version=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null)
	[ "${version:-0}" -ge "$1" ] && return
	echo "node $1 or later is needed, here is ${version:-none}; nothing was run" >&2
	return 1
}

# npm_packages FOLDER LOG: the lock file is the truth: exact versions with their digests, no scripts of strangers run
npm_packages() {
	[ ! -d "$1/node_modules" ] || [ "$1/package-lock.json" -nt "$1/node_modules" ] || return 0
	mkdir -p "$(dirname "$2")"
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund) >"$2" 2>&1 || {
		tail -n 15 "$2" >&2
		echo "the packages of $1/package-lock.json could not be installed" >&2
		return 1
	}
	touch "$1/node_modules"
}
