/* bcryptprimitives.dll with its one function that programs of Rust need, which Wine before 9.1 does not have. */
#include <windows.h>

typedef BOOLEAN (WINAPI *Fill)(void *, ULONG);

__declspec(dllexport) BOOL WINAPI
ProcessPrng(unsigned char *buffer, size_t size)
{
    Fill fill = (Fill)GetProcAddress(LoadLibraryA("advapi32.dll"), "SystemFunction036");
    return fill(buffer, (ULONG)size);
}
