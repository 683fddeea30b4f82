// Room for waits. A browser keeps six connections to a server for all of its tabs together, and each wait keeps one for as long
// as it takes, also in a tab that is hidden. The page around it follows events over another one. So with three of them nothing
// else might come from the server any more.

const places = ["holdfast wait 1", "holdfast wait 2"];

/** Runs `work` while it has that place. False, and nothing was done: somebody else has it. */
async function inPlace(place: string, work: () => Promise<void>): Promise<boolean> {
  return navigator.locks.request(place, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

/** Runs `work` while it has one of the places that the tabs of this browser share. False: none was left. */
export async function withPlace(work: () => Promise<void>): Promise<boolean> {
  // Browsers have these locks on pages that came over TLS, or from this machine; without them nobody can count.
  if (!("locks" in navigator)) {
    await work();
    return true;
  }
  for (const place of places) if (await inPlace(place, work)) return true;
  return false;
}
