import { type ESTree, Visitor } from 'rolldown/utils'

type Node = ESTree.Node

/** A piece of GWT's output that stays or goes as a whole. */
export interface Item {
  readonly start: number
  readonly end: number
  /** What stays in its place when it goes. */
  readonly rest: string
  /** The name that it gives to a function or variable. */
  readonly name?: string | undefined
  /** The class that it is a part of, and what of it. */
  readonly of?: ClassPart | undefined
  /** The names and the properties that it mentions. */
  readonly names: ReadonlySet<string>
  readonly properties: ReadonlySet<string>
}

type ClassPart =
  | {
      readonly part: 'class'
      readonly id: number
      readonly base?: number | undefined
      readonly makers: readonly string[]
    }
  | { readonly part: 'method'; readonly id: number; readonly method: string }
  | { readonly part: 'field' | 'literal'; readonly id: number }

/**
 * Splits GWT's output into its items. These are the forms of it, where `web`, `Hfb` and all other names are others in each version:
 *
 * - `function nb(){…}`: functions, among them those that make an object of a class;
 * - `web(303,1,{…},Efb)`: a class with its number, that of its base, the types that it can be cast to, and its makers;
 * - `_.se=function Ffb(a){…}` and `_.i=0`: methods and fields of the class before it;
 * - `var DI=Hfb(iAe,'Class',303)`: the name of a class at run time;
 * - other variables; and what runs at the start.
 */
export function itemsOf(program: ESTree.Program): Item[] {
  const numbers = numbersOf(program)
  let current = -1
  return program.body.flatMap(statement => {
    if (statement.type === 'FunctionDeclaration') {
      return [item(statement, { rest: '', name: statement.id?.name })]
    }
    if (statement.type === 'VariableDeclaration') {
      return statement.declarations.map(each => variable(each, numbers))
    }
    const of = partOf(statement, current, numbers)
    if (of?.part === 'class') current = of.id
    return [item(statement, { rest: ';', of })]
  })
}

/** The constants that are numbers: the numbers of classes may be given by them. */
function numbersOf(program: ESTree.Program): ReadonlyMap<string, number> {
  const declarators = program.body.flatMap(each => (each.type === 'VariableDeclaration' ? each.declarations : []))
  return new Map(
    declarators.flatMap(({ id, init }) =>
      id.type === 'Identifier' && init?.type === 'Literal' && typeof init.value === 'number'
        ? [[id.name, init.value] as const]
        : [],
    ),
  )
}

function variable(node: ESTree.VariableDeclarator, numbers: ReadonlyMap<string, number>): Item {
  const name = node.id.type === 'Identifier' ? node.id.name : undefined
  const id = node.init?.type === 'CallExpression' ? numberOf(node.init.arguments[2], numbers) : undefined
  return item(node, { rest: name ?? '', name, of: id === undefined ? undefined : { part: 'literal', id } })
}

function partOf(
  statement: ESTree.Statement,
  current: number,
  numbers: ReadonlyMap<string, number>,
): ClassPart | undefined {
  if (statement.type !== 'ExpressionStatement') return undefined
  const { expression } = statement
  if (expression.type === 'CallExpression') {
    const [first, base, castable, ...makers] = expression.arguments
    const id = numberOf(first, numbers)
    if (id === undefined || castable === undefined) return undefined
    return { part: 'class', id, base: numberOf(base, numbers), makers: makers.flatMap(nameOf) }
  }
  if (expression.type !== 'AssignmentExpression' || expression.left.type !== 'MemberExpression') return undefined
  const { object, property } = expression.left
  if (object.type !== 'Identifier' || object.name !== '_' || property.type !== 'Identifier') return undefined
  return expression.right.type === 'FunctionExpression'
    ? { part: 'method', id: current, method: property.name }
    : { part: 'field', id: current }
}

const nameOf = (node: Node): string[] => (node.type === 'Identifier' ? [node.name] : [])

function numberOf(node: Node | undefined, numbers: ReadonlyMap<string, number>): number | undefined {
  if (node?.type === 'Identifier') return numbers.get(node.name)
  return node?.type === 'Literal' && typeof node.value === 'number' ? node.value : undefined
}

function item(node: Node, parts: Pick<Item, 'rest' | 'name' | 'of'>): Item {
  const names = new Set<string>()
  const properties = new Set<string>()
  const taken = new Set<Node>()
  const visitor = new Visitor({
    MemberExpression({ computed, property }) {
      if (computed) return
      taken.add(property)
      if (property.type === 'Identifier') properties.add(property.name)
    },
    Identifier(identifier) {
      if (!taken.has(identifier)) names.add(identifier.name)
    },
  })
  // Its type asks for statements, but it visits any node.
  const body = [assigned(node) ?? node] as ESTree.Program['body']
  visitor.visit({ type: 'Program', body } as ESTree.Program)
  return { start: node.start, end: node.end, ...parts, names, properties }
}

/** What `_.Fb=function ob(a){…}` assigns: the method's own name there does not call it. */
function assigned(node: Node): Node | undefined {
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'AssignmentExpression') return undefined
  const { left, right } = node.expression
  return left.type === 'MemberExpression' && left.object.type === 'Identifier' && left.object.name === '_'
    ? right
    : undefined
}
