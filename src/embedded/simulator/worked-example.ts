// The worked example of metrics.md: RO 20418 as tekmetric-api.md §4.3–4.5 writes it, word for word (floats included),
// with the header posted at 2026-03-05T01:12:09Z, which is still 2026-03-04 in New York. Fictitious throughout.

export const EXAMPLE_HEADER = `{
  "id": 318204417, "repairOrderNumber": 20418,
  "repairOrderStatus": { "id": 5, "code": "POSTED", "name": "Posted" },
  "repairOrderLabel": { "id": 9, "name": "Posted" },
  "customer": { "id": 55120388, "firstName": "Sample", "lastName": "Customer" },
  "vehicle": { "id": 71940226, "year": 2018, "make": "Honda", "model": { "id": 664, "name": "CR-V" } },
  "serviceWriter": { "id": 200311, "firstName": "Writer", "lastName": "One" },
  "defaultTechnician": null, "jobs": null,
  "createdDate": "2026-03-03T13:20:11Z", "updatedDate": "2026-03-05T01:12:10Z",
  "completedDate": "2026-03-04T22:40:00Z", "postedDate": "2026-03-05T01:12:09Z", "promisedDate": "2026-03-04T21:00:00Z",
  "droppedOffDate": null, "pickedUpDate": null,
  "milesIn": 81240.0, "milesOut": 81242, "laborRate": 18500,
  "amountPaid": 112470, "balanceDue": 0, "taxLabor": false, "taxParts": true, "taxFees": false,
  "appointmentOption": "DROP", "keytag": "12", "leadSource": null, "notes": null
}`

export const EXAMPLE_ESTIMATE = `{
  "id": 318204417.0, "repairOrderNumber": 20418,
  "total": 122275, "subtotal": null, "tax": null, "taxes": 2616, "taxRate": 0.065,
  "authorizedTotal": 112470, "discount": 1000, "discountTotal": 1500,
  "feesTotal": 3350, "shopSuppliesTotal": 3000, "epaTotal": 350, "balanceDue": 0,
  "fees": { "data": [
    { "name": "Shop Supplies ", "percentage": 12.5, "amount": 0, "cap": 3000, "taxable": false, "total": 3000.0 },
    { "name": "Haz Mat", "percentage": 0, "amount": 350, "cap": null, "taxable": false, "total": 350 }
  ] },
  "customer": { "firstName": "Sample", "lastName": "Customer" },
  "vehicle": { "year": 2018, "make": "Honda", "model": "CR-V" },
  "jobs": [
    {
      "id": 1190332001.0, "name": "Synthetic oil service", "status": "Approved",
      "authorized": true, "authorizedDate": "2026-03-03T15:48:52.364767646Z",
      "declined": null, "selected": true, "archived": false,
      "total": 17463, "subTotal": 17044, "discount": 500, "tax": 419,
      "partsPrice": 6444, "partsCost": 3536, "laborPrice": 11100, "laborHours": 0.6,
      "subletPrice": 0, "subletCost": 0, "feePrice": 0,
      "grossProfitAmount": 11588, "grossProfitPercentage": 0.6799,
      "jobCategory": { "id": 12, "name": "Maintenance" }, "cannedJobId": null, "sortOrder": 1,
      "parts": [
        { "id": 1055001001.0, "partType": { "id": 1, "code": "PART" }, "name": "0W-20 engine oil", "brand": "GenericLube",
          "partNumber": "GL-0W20", "description": null, "quantity": 5.5, "cost": 512.0, "retail": 899.0, "total": 4945.0,
          "coreCharge": 0.0, "vendorId": 8907.0, "vendorName": "Parts House", "ordered": false, "received": false, "backordered": null },
        { "id": 1055001002, "partType": { "id": 1, "code": "PART" }, "name": null, "brand": null,
          "partNumber": "", "description": null, "quantity": 1.0, "cost": 720, "retail": 1499, "total": 1499, "vendorId": null }
      ],
      "labor": [
        { "id": 901200301, "name": "Oil service labor", "hours": 0.6, "rate": 18500, "total": 11100, "complete": true,
          "laborType": null, "skillLevel": null,
          "technician": { "id": 200457, "firstName": "Tech", "lastName": "Alpha", "fullName": "Tech Alpha", "hourlyRate": 3200 } }
      ],
      "fees": [], "discounts": [ { "name": "Coupon ", "total": 500 } ], "sublets": []
    },
    {
      "id": 1190332002, "name": "Front brake pads and rotors", "status": "Approved",
      "authorized": true, "authorizedDate": "2026-03-04T01:42:49.918Z", "declined": false,
      "total": 92657, "subTotal": 90720, "discount": 0, "tax": 1937,
      "partsPrice": 29795, "partsCost": 15660, "laborPrice": 49025, "laborHours": 2.65,
      "subletPrice": 11900, "subletCost": 7000, "feePrice": 0,
      "grossProfitAmount": 58626, "grossProfitPercentage": 0.6462,
      "parts": [
        { "id": 1055001003, "name": "Brake pad set", "brand": "StopWell", "partNumber": "SW-914", "quantity": 1, "cost": 6210, "retail": 11895, "total": 11895 },
        { "id": 1055001004, "name": "Rotor", "brand": "StopWell", "partNumber": "SWR-22", "quantity": 2, "cost": 4725, "retail": 8950, "total": 17900 }
      ],
      "labor": [
        { "id": 901200302, "name": "R&R pads and rotors", "hours": 2.65, "rate": 18500, "total": 49025, "complete": false, "technician": null }
      ],
      "fees": null, "sublets": [ { "id": 70031, "name": "Wheel alignment", "vendorName": "Align Co", "cost": 7000, "retail": 11900, "invoiceNumber": null, "poNumber": null } ]
    },
    {
      "id": 1190332003, "name": "Cabin air filter", "status": "Pending", "authorized": null, "authorizedDate": null,
      "declined": null, "selected": true, "total": 9805, "subTotal": 9545, "discount": 0, "tax": 260,
      "partsPrice": 3995, "partsCost": 1650, "laborPrice": 5550, "laborHours": 0.3, "feePrice": 0,
      "parts": [ { "id": 1055001005, "name": "Cabin filter", "quantity": 1, "cost": 1650, "retail": 3995, "total": 3995 } ],
      "labor": [ { "id": 901200303, "name": "", "hours": 0.3, "rate": 18500, "total": 5550, "technician": null } ],
      "fees": [], "sublets": []
    }
  ]
}`

export const EXAMPLE_PROFIT_LABOR = `{
  "labor": [
    { "name": "Oil service labor", "hours": 0.6, "rate": 18500, "retail": 11100, "cost": 1920, "profit": 9180, "margin": 0.827027,
      "jobTechnician": { "accountFullName": "Tech Alpha", "hourlyRate": 3200 } },
    { "name": "R&R pads and rotors", "hours": 2.65, "rate": 18500, "retail": 49025, "cost": 9434, "profit": 39591, "margin": 0.807568,
      "jobTechnician": null },
    { "name": "Warranty recheck", "hours": 0.0, "rate": 18500, "retail": 0, "cost": 0, "profit": 0, "margin": "NaN", "jobTechnician": null }
  ],
  "laborProfit": { "hours": 3.25, "retail": 60125, "cost": 11354, "profit": 48771, "margin": 0.81116 },
  "totalProfit": { "retail": 108264, "cost": 37550, "profit": 70714, "margin": 0.653163 }
}`

/** The example's RO, for `edit.addRepairOrder`. */
export const WORKED_EXAMPLE = {
  ro: 318_204_417,
  roNumber: 20_418,
  header: EXAMPLE_HEADER,
  estimate: EXAMPLE_ESTIMATE,
  profitLabor: EXAMPLE_PROFIT_LABOR,
} as const
