// Package tenant keeps the companies of an installation apart: Registry lists them and opens their databases, Catalogs
// holds the definitions each has published.
//
// Every tenant has a database of its own. What is in it belongs to the company alone, its catalogs included: a catalog
// is a complete, immutable set of definitions, and one pointer says which is in force. Publishing decides nothing here:
// builder checks, this package stores and activates.
package tenant
