// The names that are held, by their segments: branches, of which some are open.

export interface Child {
  readonly name: string;
  readonly segment: string;
  /** Names held at it or below it, counted up to some number. */
  readonly held: number;
  /** There is more than was counted. */
  readonly more: boolean;
  /** It is held itself. */
  readonly lease: boolean;
}

export interface TreePage {
  readonly prefix: string;
  readonly children: readonly Child[];
  readonly next: string | null;
}

/** A line of the tree as it is shown. */
export interface Line {
  readonly child: Child;
  /** 1: at the top. */
  readonly level: number;
  readonly open: boolean;
  /** There is something below it. */
  readonly branch: boolean;
  readonly place: number;
  readonly of: number;
}

export const childrenMost = 200;

export class NameTree {
  readonly #pages = new Map<string, TreePage>();
  readonly #open = new Set<string>([""]);

  /** The branches whose children are shown, and so have to be asked for. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  isOpen(prefix: string): boolean {
    return this.#open.has(prefix);
  }

  /** Of an open branch; others are not kept. */
  page(page: TreePage): void {
    if (this.#open.has(page.prefix)) this.#pages.set(page.prefix, page);
  }

  expand(prefix: string): void {
    this.#open.add(prefix);
  }

  /** What is below it is closed too, and forgotten. */
  collapse(prefix: string): void {
    if (prefix === "") return;
    for (const open of [...this.#open]) {
      if (open !== prefix && !open.startsWith(`${prefix}/`)) continue;
      this.#open.delete(open);
      this.#pages.delete(open);
    }
  }

  /** Opens everything above a name, so that it is seen. */
  reveal(name: string): void {
    let at = 0;
    while ((at = name.indexOf("/", at)) >= 0) {
      this.#open.add(name.slice(0, at));
      at += 1;
    }
  }

  /** There are more than are shown. */
  hasMore(prefix: string): boolean {
    return this.#pages.get(prefix)?.next != null;
  }

  lines(): readonly Line[] {
    const lines: Line[] = [];
    this.#below("", 1, lines);
    return lines;
  }

  #below(prefix: string, level: number, into: Line[]): void {
    const children = this.#pages.get(prefix)?.children ?? [];
    children.forEach((child, at) => {
      const branch = child.more || child.held > (child.lease ? 1 : 0);
      const open = branch && this.#open.has(child.name);
      into.push({ child, level, open, branch, place: at + 1, of: children.length });
      if (open) this.#below(child.name, level + 1, into);
    });
  }
}
