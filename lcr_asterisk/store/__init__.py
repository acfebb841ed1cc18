"""The database: the call log, its journal and its recordings.

`database.open_store` opens and migrates it, `journal.JournalWriter` writes calls without ever holding one up,
`calllog.CallLog` reads them and adopts what was recorded elsewhere, `report` shows them to people.
"""
