/** A place where people work: a row of the matrix, and of the table in docs/install.md. */
import type { Page } from 'playwright-core';
import type { App } from '../harness/apps.js';
import type { Command, Environment } from '../harness/command.js';
import type { Oddity } from '../harness/files.js';

export interface Place {
  /** What the row is called: `Vite 5, development`. */
  readonly name: string;
  /** What was tried: names and versions. */
  readonly tried: string;
  /** What must be done there, as the documentation says it. */
  readonly needs: string;
  readonly app: App;
  /** How it is found out. */
  readonly check: Check;
  /** Runs at night only. */
  readonly isSlow?: boolean;
  /** Where it does not work: why, and how it fails. The row fails once that is not so any more, and the table is changed. */
  readonly broken?: { readonly why: string; readonly fails: RegExp };
}

export type Check = Serves | Builds | Runs;

export interface InTab {
  /** The page's path below the address. */
  readonly path?: string;
  /** What runs in the page before anything of it. */
  readonly before?: () => void;
  /** What must be seen; without it, three values of a record and of a store. */
  readonly see?: (page: Page, errors: readonly string[]) => Promise<void>;
  /** What the page says about what could be better; it must, and may complain of nothing else. */
  readonly tells?: RegExp;
  readonly environment?: Environment;
}

/** A server of the place itself serves the page. */
export interface Serves extends InTab {
  readonly kind: 'serves';
  /** Runs before. */
  readonly first?: readonly Command[];
  readonly command: Command;
}

/** The place makes files, and any host serves them. */
export interface Builds extends InTab {
  readonly kind: 'builds';
  readonly commands: readonly Command[];
  /** The folder that is served. */
  readonly folder: string;
  /** Files of the app that the place does not copy there by itself. */
  readonly copies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** What the host answers otherwise than it should. */
  readonly answer?: Oddity;
}

/** A program that ends well only where it has seen what it should. */
export interface Runs {
  readonly kind: 'runs';
  readonly commands: readonly Command[];
  /** What the last one prints then. */
  readonly prints: RegExp;
  readonly environment?: Environment;
}
