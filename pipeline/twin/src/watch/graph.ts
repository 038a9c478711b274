/**
 * Undirected edges between paths, counted, and the connected components they form.
 *
 * Asking for a path's component is one lookup. Adding an edge merges the smaller component into the larger; removing
 * the last copy of an edge searches the component and splits it when it fell apart. A path without edges is no member.
 */
import { isNear, type Path } from '../state/paths.js';
import { Watch } from './watch.js';

interface Member {
  readonly path: Path;
  /** Members of a component are asked in the order they joined the graph. */
  readonly order: number;
  /** How many copies of the edge to each peer there are. */
  readonly edges: Map<string, number>;
  component: number;
}

/** The graph of a rule that connects paths. */
export class Graph {
  readonly #members = new Map<string, Member>();
  readonly #components = new Map<number, Member[]>();
  readonly #watch = new Watch<Path>();
  #componentNext = 0;
  #orderNext = 0;

  /** Whether there is no edge. */
  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** The members by path. */
  get watch(): Watch<Path> {
    return this.#watch;
  }

  /** Adds an edge, or one more copy of it. */
  add(left: Path, right: Path): void {
    const [leftMember, rightMember] = [this.#join(left), this.#join(right)];
    countEdge(leftMember, right, 1);
    if (leftMember !== rightMember) countEdge(rightMember, left, 1);
    this.#merge(leftMember.component, rightMember.component);
  }

  /** Removes one copy of an edge; false when there is none. */
  remove(left: Path, right: Path): boolean {
    const leftMember = this.#members.get(left.key);
    const rightMember = this.#members.get(right.key);
    if (!leftMember?.edges.has(right.key) || rightMember === undefined) return false;
    countEdge(leftMember, right, -1);
    if (leftMember !== rightMember) countEdge(rightMember, left, -1);
    if (leftMember.edges.has(right.key)) return true;
    this.#split(leftMember, rightMember);
    this.#leaveIfAlone(leftMember);
    this.#leaveIfAlone(rightMember);
    return true;
  }

  /** Whether an edge would put a path and something below it into one component, where no values could agree. */
  wouldNest(left: Path, right: Path): boolean {
    const [lefts, rights] = [this.#around(left), this.#around(right)];
    return lefts.some((one) => rights.some((other) => one.key !== other.key && isNear(one, other)));
  }

  /** The component of a path. */
  component(path: Path): number | undefined {
    return this.#members.get(path.key)?.component;
  }

  /** The paths of a component in the order they joined. */
  members(component: number): Path[] {
    return (this.#components.get(component) ?? []).map((member) => member.path);
  }

  /** All components, each in joining order, in the order of their first members. */
  components(): Path[][] {
    const ids = [...this.#components.keys()];
    ids.sort((left, right) => this.firstOrder(left) - this.firstOrder(right));
    return ids.map((id) => this.members(id));
  }

  /** The place of a member in the order of joining. */
  order(path: Path): number {
    return this.#members.get(path.key)?.order ?? Number.POSITIVE_INFINITY;
  }

  /** The place of a component's oldest member in the order of joining. */
  firstOrder(component: number): number {
    return this.#components.get(component)?.[0]?.order ?? Number.POSITIVE_INFINITY;
  }

  #around(path: Path): Path[] {
    const component = this.component(path);
    return component === undefined ? [path] : this.members(component);
  }

  #join(path: Path): Member {
    const known = this.#members.get(path.key);
    if (known !== undefined) return known;
    const component = this.#newComponent([]);
    const member = { path, order: this.#orderNext, edges: new Map<string, number>(), component };
    this.#orderNext += 1;
    this.#members.set(path.key, member);
    this.#components.set(component, [member]);
    this.#watch.add(path, path);
    return member;
  }

  #leaveIfAlone(member: Member): void {
    if (member.edges.size > 0 || !this.#members.delete(member.path.key)) return;
    this.#components.delete(member.component);
    this.#watch.remove(member.path, member.path);
  }

  #merge(left: number, right: number): void {
    const lefts = this.#components.get(left) ?? [];
    const rights = this.#components.get(right) ?? [];
    if (left === right) return;
    const [kept, gone] = lefts.length >= rights.length ? [left, right] : [right, left];
    this.#components.delete(gone);
    this.#fill(kept, [...lefts, ...rights]);
  }

  #split(left: Member, right: Member): void {
    const reached = this.#reach(left);
    if (reached.has(right)) return;
    const all = this.#components.get(left.component) ?? [];
    this.#newComponent(all.filter((member) => !reached.has(member)));
    this.#fill(left.component, [...reached]);
  }

  #reach(start: Member): Set<Member> {
    const reached = new Set([start]);
    for (const member of reached) {
      for (const key of member.edges.keys()) {
        const peer = this.#members.get(key);
        if (peer !== undefined) reached.add(peer);
      }
    }
    return reached;
  }

  #newComponent(members: Member[]): number {
    const component = this.#componentNext;
    this.#componentNext += 1;
    this.#fill(component, members);
    return component;
  }

  #fill(component: number, members: Member[]): void {
    for (const member of members) member.component = component;
    members.sort((left, right) => left.order - right.order);
    this.#components.set(component, members);
  }
}

function countEdge(member: Member, peer: Path, step: 1 | -1): void {
  const count = (member.edges.get(peer.key) ?? 0) + step;
  if (count > 0) member.edges.set(peer.key, count);
  else member.edges.delete(peer.key);
}
