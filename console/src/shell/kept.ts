// What this browser remembers of its user. Storage may be forbidden, or full: then the page forgets.

const prefix = "holdfast.";

export function kept(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // It is as before at the next visit.
  }
}
