// Employees, customers, vehicles and the shop (spec §4.7–4.9).
import { malform } from './faults.ts'
import type { SimCustomer } from './model.ts'
import {
  renderCustomer,
  renderEmployee,
  renderEmployeeLite,
  renderShop,
  renderVehicle,
} from './render-people.ts'
import { customerName } from './render-repair-order.ts'
import { offsetOf } from './routes-repair-order.ts'
import { intOf, json, nothing, problem } from './route-types.ts'
import type { Answer, Route, RouteContext } from './route-types.ts'
import { toTmJson } from './tm-json.ts'

const list = (
  rows: readonly unknown[],
  wrapper: 'array' | 'content',
  fault: RouteContext['fault'],
): Answer => {
  if (fault?.kind === 'malform') malform(rows[0], fault)
  return json(toTmJson(wrapper === 'array' ? rows : { content: rows }))
}

const one = (row: unknown, { fault }: RouteContext): Answer => {
  if (fault?.kind === 'malform') malform(row, fault)
  return json(toTmJson(row))
}

const employeesLite = (context: RouteContext): Answer => {
  const { shop, query, world, fault } = context
  const status = query.get('status') ?? 'ACTIVE'
  const rows = [...(shop?.employees.values() ?? [])]
    .filter((person) => person.listed && (status === 'ALL' || person.active === (status === 'ACTIVE')))
    .map(renderEmployeeLite)
  return list(rows, world.quirks.employeesWrapper, fault)
}

const employees = (context: RouteContext): Answer => {
  const { shop, world, fault, answers } = context
  const active = [...(shop?.employees.values() ?? [])].filter((person) => person.active && person.listed)
  const rows = active.map((person) => renderEmployee(person, answers.style))
  return list(rows, world.quirks.employeesWrapper, fault)
}

const employee = (context: RouteContext): Answer => {
  const person = context.shop?.employees.get(Number(context.params[1]))
  if (!person || !person.hasFullRecord) return nothing(404)
  return one(renderEmployee(person, context.answers.style), context)
}

/** A Spring page (or a bare array) over rows ordered by id. */
const page = <T>(all: readonly T[], render: (row: T) => unknown, context: RouteContext): Answer => {
  const { query, world, fault } = context
  const size = Math.max(1, Math.min(intOf(query, 'size', 20), world.quirks.listPageSizeMax))
  const number = intOf(query, 'page', 0)
  const start = offsetOf(number, size, fault)
  const content = all.slice(start, start + size).map(render)
  if (world.quirks.listWrapper === 'array') return list(content, 'array', fault)
  if (fault?.kind === 'malform') malform(content[0], fault)
  const totalPages = Math.ceil(all.length / size)
  const place = {
    number,
    size,
    first: number === 0,
    last: number >= totalPages - 1,
    empty: content.length === 0,
  }
  return json(
    toTmJson({ content, totalPages, totalElements: all.length, numberOfElements: content.length, ...place }),
  )
}

const byId = <T extends { id: number }>(rows: Iterable<T>): T[] => [...rows].toSorted((a, b) => a.id - b.id)

const customers = (context: RouteContext): Answer => {
  const search = (context.query.get('search') ?? '').toLowerCase()
  const matches = (customer: SimCustomer): boolean =>
    search === '' || (customerName(customer) ?? '').toLowerCase().includes(search)
  return page(byId(context.shop?.customers.values() ?? []).filter(matches), renderCustomer, context)
}

const customer = (context: RouteContext): Answer => {
  const found = context.shop?.customers.get(Number(context.params[1]))
  return found ? one(renderCustomer(found), context) : problem(404, 'Customer not found')
}

const vehiclesOfCustomer = (context: RouteContext): Answer => {
  const archivedOnly = context.query.get('archivedOnly') === 'true'
  const owned = context.shop?.vehiclesOf.get(Number(context.params[1])) ?? []
  const rows = byId(owned).filter((vehicle) => vehicle.archived === archivedOnly)
  return page(rows, (vehicle) => renderVehicle(vehicle, context.answers.style), context)
}

const vehicles = (context: RouteContext): Answer =>
  page(
    byId(context.shop?.vehicles.values() ?? []),
    (row) => renderVehicle(row, context.answers.style),
    context,
  )

const vehicle = (context: RouteContext): Answer => {
  const found = context.shop?.vehicles.get(Number(context.params[1]))
  return found ? one(renderVehicle(found, context.answers.style), context) : problem(404, 'Vehicle not found')
}

const shop = (context: RouteContext): Answer =>
  context.shop ? one(renderShop(context.shop.shop), context) : nothing(404)

const shopRoute = (name: string, tail: string, handle: Route['handle']): Route => ({
  name,
  pattern: new RegExp(`^/api/shop/(\\d+)${tail}$`),
  shopParam: 0,
  handle,
})

export const peopleRoutes: readonly Route[] = [
  shopRoute('shop', '', shop),
  shopRoute('employees-lite', '/employees-lite', employeesLite),
  shopRoute('employees', '/employees', employees),
  // The singular list fails (spec §4.7).
  shopRoute('employee-list', '/employee', () => nothing(404)),
  shopRoute('employee', '/employee/(\\d+)', employee),
  shopRoute('customers', '/customer', customers),
  shopRoute('customer-search', '/customers', customers),
  shopRoute('customer', '/customer/(\\d+)', customer),
  shopRoute('customer-vehicles', '/customer/(\\d+)/vehicles-search', vehiclesOfCustomer),
  shopRoute('vehicles', '/vehicle', vehicles),
  shopRoute('vehicle', '/vehicle/(\\d+)', vehicle),
]
