/*
 * One case: a row of a table played against a world. A row is either a refusal (the stage where it has to come, what is
 * changed on the way, status and code), a success (nothing may be refused), or a play of its own.
 */
import { BrowserPresentation } from './browser_presentation.mjs';
import { Issuance, Wrong } from './issuance.mjs';
import { Presentation } from './presentation.mjs';

const among = (value, allowed) => allowed === undefined || [].concat(allowed).includes(value);
const or = (allowed) => [].concat(allowed).join(' or ');

export class Case {
	constructor(world, row) {
		Object.assign(this, { world, row, faults: [], parts: [] });
	}

	/* With the options of the row, and further ones of the play. */
	issuance(options) {
		const { world, row: { options: own } } = this;
		return this.#part(new Issuance(world, { ...typeof own === 'function' ? own(world) : own, ...options }));
	}

	presentation(options) { return this.#part(new Presentation(this.world, options)); }
	/* the same through the browser of a page */
	browserPresentation(options) { return this.#part(new BrowserPresentation(this.world, options)); }
	#part(part) {
		this.parts.push(part);
		return part;
	}

	fault(what, level = 'F') { this.faults.push([level, what]); }
	truth(is, what, level) { if (!is) this.fault(what, level); }

	/* An answer has this status and this error code. */
	expect(answer, status, code) {
		if (!among(answer.status, status))
			this.fault(`${describe(answer)}; ${or(status)} is right`);
		else if (code !== undefined && !among(answer.error, code))
			this.fault(`${describe(answer)}; ${or(code)} is right`);
	}

	/* The authorization endpoint refused: on a page, or at the client with one of these codes. */
	turnedAway(end, { codes, page = true, redirect = true }) {
		if (end.fine)
			this.fault('the authorization endpoint gave a code');
		else if (end.kind === 'page' && !page)
			this.fault('the authorization endpoint ended on a page');
		else if (end.kind === 'page' ? end.status !== 400 : !redirect)
			this.fault(`the authorization endpoint ended with ${end.status} on a ${end.kind}`);
		else if (!among(end.error, codes))
			this.fault(`the authorization endpoint said ${end.error}; ${or(codes)} is right`);
	}

	async #refusal() {
		const { world, row: { stage, change, status, code } } = this;
		const at = typeof stage === 'function' ? stage(world) : stage;
		const named = typeof change === 'function' ? { [at]: change } : change;
		const answer = await this.issuance({ change: named }).to(at);
		this.expect(answer, status, code);
	}

	/* Everything the wallet does succeeds; the notification where there is an endpoint for it. */
	async #success() {
		const { world, row: { change } } = this;
		const it = this.issuance({ change });
		const last = world.can.has('notification') ? 'notification' : 'credential';
		await it.to(last).then((answer) => {
			if (!answer.fine)
				throw new Wrong(`${last}: ${describe(answer)}`);
		});
		this.truth(it.issued.length === it.copies, `${it.issued.length} credentials for ${it.copies} keys`);
	}

	/* Faults as [severity, sentence]; a stage that should have succeeded is one. A play may say why it was left out. */
	async run() {
		try {
			const said = await (this.row.play ? this.row.play(this, this.world) : this.row.success ? this.#success() : this.#refusal());
			if (typeof said === 'string')
				return said;
		} catch (error) {
			this.fault(error instanceof Wrong ? error.message : error.stack.split('\n').slice(0, 4).join(' '));
		}
		return [...this.faults, ...this.parts.flatMap((part) => part.faults)];
	}
}

const describe = (answer) => (answer.kind ? `${answer.kind} ${answer.status} ${answer.error ?? ''}` : `${answer}`).trim();
