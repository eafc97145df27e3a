/* What every page has to keep, as far as a machine can check it in a real browser. */
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { existsSync } from 'node:fs';

export const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export async function mustBeAccessible(page) {
	await page.evaluate(axe.source);
	const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
	assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
}

export async function mustFit(page) {
	for (const width of [320, 640]) { // a narrow phone; 1,280 pixels at 200 % zoom
		await page.setViewportSize({ width, height: 700 });
		const { scroll, client } = await page.evaluate(() => ({
			scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }));
		assert.ok(scroll <= client, `${scroll} of ${client} pixels at ${width}`);
	}
	await page.setViewportSize({ width: 1280, height: 900 });
}
