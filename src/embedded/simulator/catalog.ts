// Invented names for jobs, parts, cars and people. All of it is fictitious; some of it is deliberately awkward
// (trailing spaces, quotes, accents, emoji), because real shops type such things.

type List<T> = readonly [T, ...T[]]

export interface JobTemplate {
  readonly name: string
  readonly category: string
  readonly parts: readonly string[]
  /** Typical hours of one labor line. */
  readonly hours: number
  /** Typical retail of one part, cents. */
  readonly retail: number
}

const job = (
  name: string,
  category: string,
  hours: number,
  retail: number,
  ...parts: string[]
): JobTemplate => ({ name, category, hours, retail, parts })

export const JOBS: List<JobTemplate> = [
  job(
    'Synthetic oil service',
    'Maintenance',
    0.4,
    900,
    '0W-20 engine oil',
    'Oil filter',
    'Drain plug gasket',
  ),
  job('Front brake pads and rotors', 'Brakes', 1.3, 6500, 'Brake pad set', 'Rotor', 'Caliper hardware kit'),
  job('Rear brake pads', 'Brakes', 1.1, 4900, 'Brake pad set', 'Brake cleaner'),
  job('Cabin air filter', 'Maintenance', 0.2, 2900, 'Cabin filter'),
  job('Engine air filter', 'Maintenance', 0.2, 2300, 'Air filter'),
  job('Battery replacement', 'Electrical', 0.4, 15900, 'Battery'),
  job('Four tires', 'Tires', 0.9, 13900, 'All-season tire 215/55R17', 'Valve stem'),
  job('Tire rotation', 'Tires', 0.3, 0),
  job('Courtesy inspection', 'Inspection', 0.1, 0),
  job('State inspection', 'Inspection', 0.3, 0),
  job('Coolant exchange', 'Fluids', 0.6, 1900, 'Coolant', 'Radiator cap'),
  job('Transmission fluid exchange', 'Fluids', 0.8, 1600, 'ATF', 'Pan gasket'),
  job('Spark plugs', 'Engine', 0.9, 1400, 'Spark plug', 'Coil boot'),
  job('Serpentine belt', 'Engine', 0.6, 5200, 'Drive belt', 'Tensioner'),
  job('Diagnose check engine light', 'Diagnostics', 0.8, 0),
  job('A/C recharge — "R-1234yf"', 'HVAC', 0.7, 3400, 'Refrigerant', 'Dye'),
  job('Wiper blades ', 'Maintenance', 0.1, 1900, 'Wiper blade'),
  job('Strut replacement', 'Suspension', 1.7, 17900, 'Strut assembly', 'Sway bar link'),
  job('Wheel alignment', 'Suspension', 0.7, 0),
  job('Réparation d’échappement', 'Exhaust', 0.9, 8900, 'Flex pipe', 'Clamp'),
  job('Brake fluid flush', 'Fluids', 0.5, 1500, 'DOT 4 fluid'),
  job('Headlight restoration 💡', 'Electrical', 0.5, 2400, 'Restoration kit'),
]

export const BRANDS: List<string> = [
  'GenericLube',
  'StopWell',
  'PartWorks',
  'RoadSure',
  'VoltaCell',
  'Filtrix',
]
export const VENDORS: List<readonly [number, string]> = [
  [8907, 'Parts House'],
  [8911, 'Metro Auto Supply'],
  [9022, 'Tire Depot '],
  [9150, 'Dealer Parts'],
]
export const SUBLETS: List<readonly [string, string]> = [
  ['Wheel alignment', 'Align Co'],
  ['Glass replacement', 'Clear Glass LLC'],
  ['Machine shop work', 'Precision Heads'],
  ['Towing', 'Hook & Go'],
]
export const DISCOUNTS: List<string> = ['Coupon ', 'Loyalty', 'Military', 'Fleet 5%', 'Manager adj.']
export const JOB_FEES: List<string> = ['Tire disposal', 'Battery core fee', 'Haz Mat', 'SHOP SUPPLIES']
export const CONCERNS: List<string> = [
  'Squeal when braking',
  'Check engine light on',
  'Oil change due',
  'Vibration at 60 mph\nworse when warm',
  'A/C blows warm',
  'Says "it just feels off"',
]

export const FIRST_NAMES: List<string> = [
  'Avery', 'Blake', 'Casey', 'Dana', 'Ellis', 'Frankie', 'Gale', 'Harper', 'Indigo', 'Jordan', 'Kai', 'Lane',
  'Morgan', 'Noël', 'Oakley', 'Parker', 'Quinn', 'Reese', 'Sage', 'Taylor', 'Zoë',
] // prettier-ignore
export const LAST_NAMES: List<string> = [
  'Sample', 'Example', 'Placeholder', 'Fixture', 'Muster', 'O’Test', 'Specimen', 'Demo', 'Model', 'Probe', 'Draft',
  'Trial', 'Pattern', 'García-Muestra', 'Doe', 'Roe', 'Poe',
] // prettier-ignore
export const COMPANIES: List<string> = [
  'Testville Plumbing',
  'Acme Couriers',
  'Sample Landscaping ',
  'Demo Fleet Inc.',
]

export interface CarModel {
  readonly makeId: number
  readonly make: string
  readonly modelId: number
  readonly model: string
  readonly subModel: string
  readonly engine: string
}

const car = (
  makeId: number,
  make: string,
  modelId: number,
  model: string,
  subModel: string,
  engine: string,
): CarModel => ({ makeId, make, modelId, model, subModel, engine })

export const CARS: List<CarModel> = [
  car(59, 'Honda', 664, 'CR-V', 'EX', '1.5L L4 Turbo'),
  car(59, 'Honda', 665, 'Civic', 'LX', '2.0L L4'),
  car(76, 'Toyota', 701, 'Camry', 'SE', '2.5L L4'),
  car(76, 'Toyota', 702, 'Tacoma', 'SR5', '3.5L V6'),
  car(54, 'Ford', 710, 'F-150', 'XLT', '5.0L V8'),
  car(54, 'Ford', 711, 'Escape', 'SEL', '1.5L L3'),
  car(47, 'Chevrolet', 720, 'Silverado 1500', 'LT', '5.3L V8'),
  car(73, 'Subaru', 730, 'Outback', 'Premium', '2.5L H4'),
  car(31, 'BMW', 740, '328i xDrive', 'Base', '2.0L L4 Turbo'),
  car(67, 'Nissan', 750, 'Rogue', 'SV', '2.5L L4'),
]
