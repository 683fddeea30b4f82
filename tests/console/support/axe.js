// What a page asks of those who cannot see it, or have no mouse: judged by axe, by the rules of WCAG 2.2 AA.
import axe from "axe-core";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** One line for each thing that is wrong. */
export async function barriers(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((wanted) => window.axe.run(document, { runOnly: wanted, resultTypes: ["violations"] }), tags);
  return violations.flatMap(({ id, help, nodes }) => nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${help}\n    ${html.slice(0, 200)}\n    ${failureSummary?.split("\n").slice(1).join(" ").trim()}`));
}
